"""From models to what is read of a study: results/<study>/comparison from its evaluations, results/<study>/costs."""


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
