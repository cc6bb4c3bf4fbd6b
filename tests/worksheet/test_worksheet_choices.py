"""The hyperparameters that distinguish two models of a worksheet."""

from darkroom.worksheet import comparing


def test_what_only_the_machine_notices_is_no_difference() -> None:
    assert comparing.list_differences(
        {"training.precision": "float32", "a": 1}, {"training.precision": "mixed_bfloat16"}
    ) == ["a 1 → null"]


def test_callbacks_that_only_write_are_no_difference() -> None:
    first = {"training.callbacks.TensorBoard.write_graph": True, "training.callbacks.CSVLogger": None}
    second = {"training.callbacks.BackupAndRestore.every": 1, "training.callbacks.ModelCheckpoint.mode": "min"}
    stop = {"training.callbacks.EarlyStopping.patience": 3}
    assert comparing.list_differences(first, {**second, **stop}) == [
        "training.callbacks.EarlyStopping.patience null → 3"
    ]


def test_parts_of_a_batch_are_a_difference_as_batch_normalization_notices_them() -> None:
    first, second = ({"training.accumulation_steps": parts} for parts in (1, 8))
    assert comparing.list_differences(first, second) == ["training.accumulation_steps 1 → 8"]
