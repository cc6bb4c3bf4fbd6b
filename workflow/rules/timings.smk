"""What jobs took: logs in, a table, a page and a figure for the report out; no stage of DVC, as it holds times."""

from workflow.logs import latest


localrules:
    timings,


rule timings:
    """The time and memory of every job, and whether its command was executed."""
    input:
        latest,
    output:
        report(
            "logs/timings.csv",
            caption="../report/timings-jobs.rst",
            category="Time and memory",
            labels={"of": "all jobs", "shows": "every job", "as": "csv"},
        ),
        report(
            "logs/timings.md",
            caption="../report/timings-stages.rst",
            category="Time and memory",
            labels={"of": "all jobs", "shows": "every kind of stage", "as": "md"},
        ),
        report(
            "logs/timings.png",
            caption="../report/timings-longest.rst",
            category="Time and memory",
            labels={"of": "all jobs", "shows": "the longest", "as": "png"},
        ),
    log:
        "logs/timings.log",
    benchmark:
        "logs/timings.tsv"
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Collecting what every job took."
    shell:
        "python -m workflow.timings {output} 2>&1 | tee {log} >&2"
