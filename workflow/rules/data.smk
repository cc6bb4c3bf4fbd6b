"""From a dataset's source to arrays: archives in, data/raw, data/images, data/views and the census out.

These rules go first: the two that take every core would else wait for all trainings to leave one.
"""


rule fetch:
    """The archives of a dataset, as delivered: `python -m stages.fetch`.

    They come from the user's files, or from the module that draws or downloads them.

    In: {origin}
    Out: data/raw/{dataset} results/records/fetch/{dataset}/record.json
    """
    input:
        pipeline.deps("fetch", "dataset"),
    output:
        pipeline.outs("fetch", "dataset", "Data"),
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "logs/fetch/{dataset}.tsv"
    priority: 1
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        stage="fetch@{dataset}",
    message:
        "Fetching the archives of {wildcards.dataset}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule unzip:
    """Images by split and class, and an index: `python -m stages.unzip`.

    In: data/raw/{dataset}
    Out: data/images/{dataset} results/records/unzip/{dataset}/record.json
    """
    input:
        pipeline.deps("unzip", "dataset"),
    output:
        pipeline.outs("unzip", "dataset", "Data"),
    log:
        "logs/unzip/{dataset}.log",
    benchmark:
        "logs/unzip/{dataset}.tsv"
    priority: 1
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        stage="unzip@{dataset}",
    message:
        "Unpacking {wildcards.dataset}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule augment:
    """The images of a dataset, and variants of those that train: `python -m stages.augment`.

    In: data/images/{dataset}
    Out: data/images/{augmented} results/records/augment/{augmented}/record.json
    """
    input:
        pipeline.deps("augment", "augmented"),
    output:
        pipeline.outs("augment", "augmented", "Data"),
    log:
        "logs/augment/{augmented}.log",
    benchmark:
        "logs/augment/{augmented}.tsv"
    wildcard_constraints:
        augmented=pipeline.keys("augment"),
    priority: 1
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        stage="augment@{augmented}",
    message:
        "Making the variants of {wildcards.augmented}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule census:
    """Counts, sizes, modes, balance, corrupt, suspicious and duplicate images: `python -m stages.census`.

    In: data/images/{dataset}
    Out: results/census/{dataset}/ census.md classes.csv sizes.csv modes.csv corrupt.csv duplicates.csv suspicions.csv
        warnings.csv classes.png sizes.png gallery.webp duplicates.webp suspicions.webp results/records/census/{dataset}/record.json
    """
    input:
        pipeline.deps("census", "dataset"),
    output:
        pipeline.outs("census", "dataset", "Data"),
    log:
        "logs/census/{dataset}.log",
    benchmark:
        "logs/census/{dataset}.tsv"
    priority: 2  # before prepare, which a corrupt image may stop
    conda:
        "../environment.yaml"
    threads: all_cores(workflow)
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        stage="census@{dataset}",
    message:
        "Counting and checking the images of {wildcards.dataset}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule prepare:
    """A view: one array per split, decoded and resized once for every training: `python -m stages.prepare`.

    In: data/images/{dataset}
    Out: data/views/{view} results/records/prepare/{view}/record.json
    """
    input:
        pipeline.deps("prepare", "view"),
    output:
        pipeline.outs("prepare", "view", "Data"),
    log:
        "logs/prepare/{view}.log",
    benchmark:
        "logs/prepare/{view}.tsv"
    wildcard_constraints:
        view=pipeline.keys("prepare"),
    priority: 1
    conda:
        "../environment.yaml"
    threads: all_cores(workflow)
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        stage="prepare@{view}",
    message:
        "Preparing the view {wildcards.view}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule divide:
    """The lists of the shards that a large view is prepared in, and its index: `python -m stages.divide`.

    In: data/images/{dataset}
    Out: data/lists/{view} data/views/{view}/index results/records/divide/{view}/record.json
    """
    input:
        pipeline.deps("divide", "view"),
    output:
        pipeline.outs("divide", "view", "Data"),
    log:
        "logs/divide/{view}.log",
    benchmark:
        "logs/divide/{view}.tsv"
    wildcard_constraints:
        view=pipeline.keys("divide"),
    priority: 1
    conda:
        "../environment.yaml"
    threads: all_cores(workflow)
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        stage="divide@{view}",
    message:
        "Dividing the view {wildcards.view}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"


rule shard:
    """One shard of a view; its images have the SHA-256 that its list says: `python -m stages.shard`.

    In: data/lists/{view}/{shard}.csv data/lists/{view}/whole.json
    Out: data/views/{view}/{shard} results/records/shard/{view}/{shard}/record.json
    """
    input:
        pipeline.deps("shard", "shard"),
    output:
        pipeline.outs("shard", "shard", "Data", view="item.view"),
    log:
        "logs/shard/{view}/{shard}.log",
    benchmark:
        "logs/shard/{view}/{shard}.tsv"
    wildcard_constraints:
        shard=pipeline.keys("shard"),
    priority: 1
    conda:
        "../environment.yaml"
    threads: pipeline.parameters.runtime.threads
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        stage="shard@{shard}",
    message:
        "Preparing {wildcards.shard}."
    shell:
        "DARKROOM_THREADS={threads} workflow/logged {log} python -m workflow.job {params.stage} --log {log}"
