"""From views to evaluated models: data/views in, models and results/<study>/evaluations out."""


rule train:
    """A network fitted to a view's training images."""
    input:
        pipeline.deps("train", "model"),
    output:
        pipeline.outs("train", "model", "Models", study="item.study"),
    log:
        "logs/train/{study}/{model}.log",
    benchmark:
        "logs/train/{study}/{model}.tsv"
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=2000,
    params:
        stage="train@{model}",
        values=pipeline.params("train", "model"),
    message:
        "Training {wildcards.model}."
    shell:
        COMMAND


rule evaluate:
    """Metrics, predictions and figures of a model on the test images."""
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
        mem_mb=2000,
    params:
        stage="evaluate@{model}",
        values=pipeline.params("evaluate", "model"),
    message:
        "Evaluating {wildcards.model}."
    shell:
        COMMAND
