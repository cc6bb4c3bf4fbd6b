"""From views and backbones to evaluated models: data/views in, models and results/<study>/evaluations out."""


rule pretrained:
    """A backbone's weights, brought and verified."""
    input:
        pipeline.deps("pretrained", "backbone"),
    output:
        pipeline.outs("pretrained", "backbone", "Models"),
    log:
        "logs/pretrained/{backbone}.log",
    benchmark:
        "logs/pretrained/{backbone}.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        stage="pretrained@{backbone}",
    message:
        "Bringing the weights of {wildcards.backbone}."
    shell:
        COMMAND


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
    wildcard_constraints:
        model=pipeline.keys("train"),
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=2000,
    params:
        stage="train@{model}",
    message:
        "Training {wildcards.model}."
    shell:
        COMMAND


rule transfer:
    """New layers on a frozen backbone, fitted to a view's training images."""
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
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=2000,
    params:
        stage="transfer@{model}",
    message:
        "Training {wildcards.model} on its frozen backbone."
    shell:
        COMMAND


rule finetune:
    """A trained model, trained on with part of its backbone."""
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
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        gpu=1,
        mem_mb=2000,
    params:
        stage="finetune@{model}",
    message:
        "Fine-tuning {wildcards.model}."
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
    message:
        "Evaluating {wildcards.model}."
    shell:
        COMMAND
