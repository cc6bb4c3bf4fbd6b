"""From views to evaluated models: data/views in, models and results/<study>/evaluations out."""


rule train:
    input:
        pipeline.deps("train", "model"),
    output:
        pipeline.outs("train", "model", "Models", study="item.study"),
    log:
        "logs/train/{study}/{model}.log",
    benchmark:
        "logs/train/{study}/{model}.tsv"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=2000,
    params:
        stage="train@{model}",
        values=pipeline.params("train", "model"),
    """A network fitted to a view's training images."""
    message:
        "Training {wildcards.model}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND


rule evaluate:
    input:
        pipeline.deps("evaluate", "model"),
    output:
        pipeline.outs("evaluate", "model", "Evaluation", study="item.study"),
    log:
        "logs/evaluate/{study}/{model}.log",
    benchmark:
        "logs/evaluate/{study}/{model}.tsv"
    threads: pipeline.parameters.runtime.threads
    resources:
        mem_mb=2000,
    params:
        stage="evaluate@{model}",
        values=pipeline.params("evaluate", "model"),
    """Metrics, predictions and figures of a model on the test images."""
    message:
        "Evaluating {wildcards.model}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND
