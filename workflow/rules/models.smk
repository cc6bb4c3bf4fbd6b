"""From views and backbones to evaluated models: data/views in, models and results/<study>/evaluations out.

What a rule asks for at first was sized on processors: no process of a training held more than 1.5 GiB, and the slowest
network of the intel study, at the speed of its subset, would take 3.4 hours for all of Intel's scenes on one thread. On
GPUs nothing was measured; their libraries take more memory.
"""


rule pretrained:
    """A backbone's weights, brought and verified: `python -m stages.pretrained`.

    They come from the user's file, or from the module that brings or draws them.

    In: {origin}
    Out: data/pretrained/{backbone} results/records/pretrained/{backbone}/record.json
    """
    input:
        pipeline.deps("pretrained", "backbone"),
    output:
        pipeline.outs("pretrained", "backbone", "Models"),
    log:
        "logs/pretrained/{backbone}.log",
    benchmark:
        "logs/pretrained/{backbone}.tsv"
    priority: 1
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        stage="pretrained@{backbone}",
    message:
        "Bringing the weights of {wildcards.backbone}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule train:
    """A network fitted to a view's training images: `python -m stages.train`.

    In: data/views/{view}
    Out: models/{study}/{model}/ model.keras history.csv layers.csv view.json summary.json record.json
    """
    input:
        pipeline.deps("train", "model"),
    output:
        pipeline.outs("train", "model", "Models", study="item.study"),
    log:
        "logs/train/{study}/{model}.log",
    benchmark:
        "logs/train/{study}/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("train"),
    priority: pipeline.work
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(480),
    params:
        stage="train@{model}",
    message:
        "Training {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule transfer:
    """New layers on a frozen backbone, fitted to a view's training images: `python -m stages.transfer`.

    In: data/views/{view} data/pretrained/{backbone}
    Out: models/{study}/{model}/ model.keras history.csv layers.csv view.json summary.json record.json
    """
    input:
        pipeline.deps("transfer", "model"),
    output:
        pipeline.outs("transfer", "model", "Models", study="item.study"),
    log:
        "logs/transfer/{study}/{model}.log",
    benchmark:
        "logs/transfer/{study}/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("transfer"),
    priority: pipeline.work
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        stage="transfer@{model}",
    message:
        "Training {wildcards.model} on its frozen backbone."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule finetune:
    """A trained model, trained on with part of its backbone: `python -m stages.finetune`.

    In: data/views/{view} models/{study}/{base}/ model.keras summary.json
    Out: models/{study}/{model}/ model.keras history.csv layers.csv view.json summary.json record.json
    """
    input:
        pipeline.deps("finetune", "model"),
    output:
        pipeline.outs("finetune", "model", "Models", study="item.study"),
    log:
        "logs/finetune/{study}/{model}.log",
    benchmark:
        "logs/finetune/{study}/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("finetune"),
    priority: pipeline.work
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        stage="finetune@{model}",
    message:
        "Fine-tuning {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule combine:
    """Trained models as one, whose probabilities are the mean of theirs: `python -m stages.combine`.

    In: data/views/{view} models/{study}
    Out: models/ensembles/{model}/ model.keras layers.csv view.json summary.json record.json
    """
    input:
        pipeline.deps("combine", "model"),
    output:
        pipeline.outs("combine", "model", "Models"),
    log:
        "logs/combine/{model}.log",
    benchmark:
        "logs/combine/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("combine"),
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        stage="combine@{model}",
    message:
        "Combining the members of {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule evaluate:
    """Metrics, predictions and figures of a model on the test images: `python -m stages.evaluate`.

    In: data/views/{view} models/{home}/{model}/{curves}
        models/{home}/{model}/ model.keras layers.csv summary.json
    Out: results/{study}/evaluations/{model}/ classes.csv confusion.csv confused-pairs.csv calibration.csv ambiguous.csv
        shifts.csv hyperparameters.csv layers.csv summary.json view.json evaluation.md curves.png confusion.png
        calibration.png worst.webp gallery.webp ambiguous.webp diagram.png galleries metrics.json history.csv
        predictions.csv results/records/evaluate/{study}/{model}/record.json
    """
    input:
        pipeline.deps("evaluate", "model"),
    output:
        pipeline.outs("evaluate", "model", "Evaluation", study="item.study"),
    log:
        "logs/evaluate/{study}/{model}.log",
    benchmark:
        "logs/evaluate/{study}/{model}.tsv"
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        stage="evaluate@{model}",
    message:
        "Evaluating {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule explain:
    """What a trained network sees in test images: `python -m stages.explain`.

    In: data/views/{view} models/{study}/{model}/ model.keras summary.json
        results/{study}/evaluations/{model}/predictions.csv
    Out: results/{study}/explanations/{model}/ explanation.md activations.csv figures galleries
        results/records/explain/{study}/{model}/record.json
    """
    input:
        pipeline.deps("explain", "model"),
    output:
        pipeline.outs("explain", "model", "Explanation", study="item.study"),
    log:
        "logs/explain/{study}/{model}.log",
    benchmark:
        "logs/explain/{study}/{model}.tsv"
    wildcard_constraints:
        model=pipeline.keys("explain"),
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        stage="explain@{model}",
    message:
        "Explaining {wildcards.model}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule doubts:
    """Labels that are probably wrong, and images far from their class: `python -m stages.doubts`.

    In: data/views/{view} {judges} models/{study}/{model}/ model.keras history.csv layers.csv summary.json
        results/{study}/evaluations/{model}/predictions.csv
    Out: results/{study}/doubts/ label-errors.csv far-from-class.csv doubts.md label-errors.webp far-from-class.webp
        training-label-errors.csv training-label-errors.webp results/records/doubts/{study}/record.json
    """
    input:
        pipeline.deps("doubts", "study"),
    output:
        pipeline.outs("doubts", "study", "Doubts"),
    log:
        "logs/doubts/{study}.log",
    benchmark:
        "logs/doubts/{study}.tsv"
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        stage="doubts@{study}",
    message:
        "Looking for doubtful test images of {wildcards.study}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"
