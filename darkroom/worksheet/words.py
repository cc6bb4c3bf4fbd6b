"""Words of a worksheet that are the same on every page, in each of its languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from darkroom.core.provenance import NOTES, RANDOM


@dataclass(frozen=True)
class Words:
    """What stands around every answer."""

    here: str
    """Beginning of what a run answers, after the reason."""
    source: str
    """Beginning of the paragraph that names the files of an answer."""
    within: str
    """In that paragraph, between many files and the folder that holds them all."""
    absent: str
    """Instead of an answer, where the study does not train what it is about; ``{names}`` are its entries."""
    more: tuple[str, str]
    """Below a table that was cut, of which one row is left, or ``{number}`` are."""
    title: str
    """Title of the page, for a study ``{key}`` on a dataset ``{title}``."""
    stays: str
    """What on the page is not in its language, and why; nothing of a page that is in one."""
    subjects: Mapping[str, str]
    """By subject, the heading of the questions that any study answers on it."""
    truth: tuple[str, str]
    """False and true, in a table."""


WORDS = {
    "en": Words(
        here="In this run",
        source="From",
        within=", all in ",
        absent="this study has no {names}, so it has no number for this ({place} in params.yaml).",
        more=("One more row stands in the files below.", "{number} more rows stand in the files below."),
        title="Worksheet of {key}, on {title}",
        stays="",
        subjects={
            "images": "The images",
            "networks": "The networks",
            "learning": "Training",
            "testing": "Test",
            "seeing": "What does a network see?",
            "comparing": "Comparison",
            "sweeps": "Sweeps",
        },
        truth=("no", "yes"),
    ),
    "fr": Words(
        here="Ici\u00a0",
        source="D’après",
        within=", le tout dans ",
        absent="cette étude n’a pas {names}, donc aucun nombre à donner ({place} dans params.yaml).",
        more=(
            "La dernière ligne est dans les fichiers cités.",
            "{number} autres lignes sont dans les fichiers cités.",
        ),
        title="Fiche {key}, sur {title}",
        stays="Les figures et les fichiers cités sont en anglais. Les noms et les valeurs des paramètres, les noms des "
        "modèles, des couches et des classes, et les titres écrits dans params.yaml sont donnés tels quels.",
        subjects={
            "images": "Les images",
            "networks": "Les réseaux",
            "learning": "L’entraînement",
            "testing": "Le test",
            "seeing": "Que voit un réseau\u202f?",
            "comparing": "Comparaison",
            "sweeps": "Variantes d’un réseau",
        },
        truth=("non", "oui"),
    ),
}

NOTES_IN = {
    "en": {},
    "fr": {
        NOTES["drawn"]: "images de synthèse, dessinées par un programme",
        RANDOM: "poids aléatoires, sans préentraînement",
        ": ": "\u00a0: ",
        "; ": "\u202f; ",
    },
}
"""By language, what results say of images and weights that stand in for real ones, and the marks between."""

ORIGINS_IN = {
    "en": {},
    "fr": {
        "from scratch": "tirés au hasard",
        "random, seed ": "tirés au hasard, graine ",
        "ImageNet, from Keras": "ImageNet, fournis par Keras",
        "ImageNet, package ": "ImageNet, paquet ",
        "file ": "fichier ",
    },
}
"""By language, beginnings of what metrics.json says of where a network's weights came from."""


def translate_notes(text: str, language: str) -> str:
    """Return what results say of their images and weights, in the language."""
    for note, translated in NOTES_IN[language].items():
        text = text.replace(note, translated)
    return text


def translate_origin(text: str, language: str) -> str:
    """Return where a network's weights came from, in the language."""
    known = ORIGINS_IN[language]
    if not known:
        return text
    return re.sub(f"^({'|'.join(known)})", lambda found: known[found[0]], text)
