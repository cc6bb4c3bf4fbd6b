"""From evaluated models to a comparison: results/<study>/evaluations in, results/<study>/comparison and costs out."""


rule compare:
    """The models of a study side by side, with paired tests, and what each cost."""
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
        mem_mb=1000,
    params:
        stage="compare@{study}",
        values=pipeline.params("compare", "study"),
    message:
        "Comparing the models of {wildcards.study}."
    shell:
        COMMAND
