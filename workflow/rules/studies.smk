"""From evaluated models to a comparison: results/<study>/evaluations in, results/<study>/comparison and costs out."""


rule compare:
    input:
        pipeline.deps("compare", "study"),
    output:
        pipeline.outs("compare", "study", "Comparison"),
    log:
        "logs/compare/{study}.log",
    benchmark:
        "logs/compare/{study}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        stage="compare@{study}",
        values=pipeline.params("compare", "study"),
    """The models of a study side by side, with paired tests, and what each cost."""
    message:
        "Comparing the models of {wildcards.study}."
    conda:
        "../environment.yaml"
    shell:
        COMMAND
