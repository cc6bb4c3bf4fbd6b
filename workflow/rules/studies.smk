"""From models to what is read of a study.

results/<study>/comparison, sweeps, worksheet.md and hyperparameters.csv from its evaluations (the worksheet from the
comparison, the sweeps, the explanations and the census of its dataset, too), results/<study>/costs from the records of
its trainings, and results/<study>/index.html from all of these but the costs.
"""


rule compare:
    """The models of a study side by side, with paired tests: `python -m stages.compare`.

    In: results/{study}/evaluations results/census/{dataset}/warnings.csv
    Out: results/{study}/comparison/ models.csv replicates.csv pairs.csv classes.csv means.csv finetuning.csv
        departures.csv comparison.md accuracy.png curves.png classes.png results/records/compare/{study}/record.json
    """
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
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule describe:
    """The layers and parameters of a network that is not trained: `python -m stages.describe`.

    In: data/views/{view}
    Out: results/{study}/descriptions/{model}/ layers.csv summary.json results/records/describe/{study}/{model}/record.json
    """
    input:
        pipeline.deps("describe", "model"),
    output:
        pipeline.outs("describe", "model", "Networks", study="item.study"),
    log:
        "logs/describe/{study}/{model}.log",
    benchmark:
        "logs/describe/{study}/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("describe"),
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        stage="describe@{model}",
    message:
        "Describing the network {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule sweep:
    """A model and its variants on one plot, and what each of them changes: `python -m stages.sweep`.

    In: results/{study}/evaluations
    Out: results/{study}/sweeps/{sweep}/ sweep.csv sweep.json sweep.md curves.png gap.png
        results/records/sweep/{study}/{sweep}/record.json
    """
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
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule worksheet:
    """A study's questions, each with its answer and where that came from: `python -m stages.worksheet`.

    What was seen are the explanations, what was varied the sweeps, what was built the descriptions; the comparison
    stands for those that a study lacks.

    In: results/{study}/evaluations results/{study}/comparison/ models.csv pairs.csv means.csv finetuning.csv
        results/{study}/{seen} results/{study}/{varied} results/{study}/{built}
        results/census/{dataset}/ classes.csv sizes.csv modes.csv corrupt.csv duplicates.csv
    Out: results/{study}/ worksheet.md hyperparameters.csv results/records/worksheet/{study}/record.json
    """
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
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule costs:
    """What the trainings of a study cost: `python -m stages.costs`.

    In: models/{study}
    Out: results/{study}/costs/ costs.csv costs.md costs.js steps.png results/records/costs/{study}/record.json
    """
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
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule page:
    """All that was made of a study, on one page of HTML: `python -m stages.page`.

    In: results/{study}/evaluations results/{study}/comparison/ models.csv comparison.md results/{study}/worksheet.md
        results/{study}/{seen} results/{study}/{varied} results/census/{dataset}/census.md
    Out: results/{study}/index.html results/records/page/{study}/record.json
    """
    input:
        pipeline.deps("page", "study"),
    output:
        pipeline.outs("page", "study", "Page"),
    log:
        "logs/page/{study}.log",
    benchmark:
        "logs/page/{study}.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(30),
    params:
        stage="page@{study}",
    message:
        "Putting the results of {wildcards.study} on a page."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"
