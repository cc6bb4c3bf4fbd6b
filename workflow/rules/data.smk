"""From a dataset's source to arrays: archives in, data/raw, data/images, data/views and the census out."""


rule fetch:
    """The archives of a dataset, as delivered."""
    message:
        "Fetching the archives of {wildcards.dataset}."
    input:
        pipeline.deps("fetch", "dataset"),
    output:
        pipeline.outs("fetch", "dataset", "Data"),
    params:
        stage="fetch@{dataset}",
        values=pipeline.params("fetch", "dataset"),
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "logs/fetch/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    shell:
        COMMAND


rule unzip:
    """Images by split and class, and an index."""
    message:
        "Unpacking {wildcards.dataset}."
    input:
        pipeline.deps("unzip", "dataset"),
    output:
        pipeline.outs("unzip", "dataset", "Data"),
    params:
        stage="unzip@{dataset}",
        values=pipeline.params("unzip", "dataset"),
    log:
        "logs/unzip/{dataset}.log",
    benchmark:
        "logs/unzip/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    shell:
        COMMAND


rule census:
    """Counts, sizes, modes, balance, damaged and duplicate images."""
    message:
        "Counting and checking the images of {wildcards.dataset}."
    input:
        pipeline.deps("census", "dataset"),
    output:
        pipeline.outs("census", "dataset", "Data"),
    params:
        stage="census@{dataset}",
        values=pipeline.params("census", "dataset"),
    log:
        "logs/census/{dataset}.log",
    benchmark:
        "logs/census/{dataset}.tsv"
    threads: workflow.cores
    resources:
        mem_mb=2000,
    shell:
        COMMAND


rule prepare:
    """A view: one array per split, decoded and resized once for every training."""
    message:
        "Preparing the view {wildcards.view}."
    input:
        pipeline.deps("prepare", "view"),
    output:
        pipeline.outs("prepare", "view", "Data"),
    params:
        stage="prepare@{view}",
        values=pipeline.params("prepare", "view"),
    log:
        "logs/prepare/{view}.log",
    benchmark:
        "logs/prepare/{view}.tsv"
    threads: workflow.cores
    resources:
        mem_mb=2000,
    shell:
        COMMAND
