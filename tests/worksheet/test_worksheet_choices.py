"""The hyperparameters that distinguish two models of a worksheet."""

from darkroom.worksheet import comparing


def test_what_only_the_machine_notices_is_no_difference() -> None:
    assert comparing.list_differences(
        {"training.accumulation_steps": 1, "a": 1}, {"training.accumulation_steps": 8}
    ) == ["a 1 → null"]


def test_callbacks_that_only_write_are_no_difference() -> None:
    first = {"training.callbacks.TensorBoard.write_graph": True, "training.callbacks.CSVLogger": None}
    second = {"training.callbacks.BackupAndRestore.every": 1, "training.callbacks.ModelCheckpoint.mode": "min"}
    stop = {"training.callbacks.EarlyStopping.patience": 3}
    assert comparing.list_differences(first, {**second, **stop}) == [
        "training.callbacks.EarlyStopping.patience null → 3"
    ]
