"""From models to what is read of a study.

results/<study>/comparison, sweeps, worksheet.md and hyperparameters.csv from its evaluations (the worksheet from the
comparison, the sweeps, the explanations and the census of its dataset, too), results/<study>/costs from the records of
its trainings.
"""


rule compare:
    """The models of a study side by side, with paired tests."""
    input:
        pipeline.deps("compare", "study"),
    output:
        pipeline.outs("compare", "study", "Comparison"),
    log:
        "logs/compare/{study}.log",
    benchmark:
        "logs/compare/{study}.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        stage="compare@{study}",
    message:
        "Comparing the models of {wildcards.study}."
    shell:
        COMMAND


rule sweep:
    """A model and its variants on one plot, and what each of them changes."""
    input:
        pipeline.deps("sweep", "sweep"),
    output:
        pipeline.outs("sweep", "sweep", "Sweeps", study="item.study"),
    log:
        "logs/sweep/{study}/{sweep}.log",
    benchmark:
        "logs/sweep/{study}/{sweep}.tsv"
    wildcard_constraints:
        sweep=pipeline.keys("sweep"),
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        stage="sweep@{sweep}",
    message:
        "Comparing the variants of {wildcards.sweep}."
    shell:
        COMMAND


rule worksheet:
    """The questions that a study's figures can answer, each with its answer and where that came from."""
    input:
        pipeline.deps("worksheet", "study"),
    output:
        pipeline.outs("worksheet", "study", "Worksheet"),
    log:
        "logs/worksheet/{study}.log",
    benchmark:
        "logs/worksheet/{study}.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        stage="worksheet@{study}",
    message:
        "Answering the worksheet of {wildcards.study}."
    shell:
        COMMAND


rule costs:
    """What the trainings of a study cost."""
    input:
        pipeline.deps("costs", "study"),
    output:
        pipeline.outs("costs", "study", "Costs"),
    log:
        "logs/costs/{study}.log",
    benchmark:
        "logs/costs/{study}.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        stage="costs@{study}",
    message:
        "Adding up what the trainings of {wildcards.study} cost."
    shell:
        COMMAND
