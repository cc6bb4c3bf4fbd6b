"""From a dataset's source to arrays: archives in, data/raw, data/images, data/views and the census out.

These rules go first: the two that take every core would else wait for all trainings to leave one.
"""


rule fetch:
    input:
        pipeline.deps("fetch", "dataset"),
    output:
        pipeline.outs("fetch", "dataset", "Data"),
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "logs/fetch/{dataset}.tsv"
    priority: 1
    threads: 1
    resources:
        mem_mb=1000,
    params:
        stage="fetch@{dataset}",
        values=pipeline.params("fetch", "dataset"),
    """The archives of a dataset, as delivered."""
    message:
        "Fetching the archives of {wildcards.dataset}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND


rule unzip:
    input:
        pipeline.deps("unzip", "dataset"),
    output:
        pipeline.outs("unzip", "dataset", "Data"),
    log:
        "logs/unzip/{dataset}.log",
    benchmark:
        "logs/unzip/{dataset}.tsv"
    priority: 1
    threads: 1
    resources:
        mem_mb=1000,
    params:
        stage="unzip@{dataset}",
        values=pipeline.params("unzip", "dataset"),
    """Images by split and class, and an index."""
    message:
        "Unpacking {wildcards.dataset}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND


rule census:
    input:
        pipeline.deps("census", "dataset"),
    output:
        pipeline.outs("census", "dataset", "Data"),
    log:
        "logs/census/{dataset}.log",
    benchmark:
        "logs/census/{dataset}.tsv"
    priority: 1
    threads: workflow.cores
    resources:
        mem_mb=2000,
    params:
        stage="census@{dataset}",
        values=pipeline.params("census", "dataset"),
    """Counts, sizes, modes, balance, damaged and duplicate images."""
    message:
        "Counting and checking the images of {wildcards.dataset}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND


rule prepare:
    input:
        pipeline.deps("prepare", "view"),
    output:
        pipeline.outs("prepare", "view", "Data"),
    log:
        "logs/prepare/{view}.log",
    benchmark:
        "logs/prepare/{view}.tsv"
    priority: 1
    threads: workflow.cores
    resources:
        mem_mb=2000,
    params:
        stage="prepare@{view}",
        values=pipeline.params("prepare", "view"),
    """A view: one array per split, decoded and resized once for every training."""
    message:
        "Preparing the view {wildcards.view}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND
