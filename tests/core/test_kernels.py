"""What is computed in another way than Keras asks: the same masks for the same state, the same sums and gradients."""

from pathlib import Path

import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.core.kernels import avoid_faulty_gradients, draw_cheaper_masks

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends draw as Keras does")


def network(rate: float, cheaper: bool = True) -> keras.Model:
    image = keras.Input((31, 33, 7))
    model = keras.Model(image, keras.layers.Dropout(rate, seed=5)(image))
    if cheaper:
        draw_cheaper_masks(model)
    return model


def ones(count: int = 12) -> numpy.ndarray:
    return numpy.ones((count, 31, 33, 7), numpy.float32)


def run(model: keras.Model, training: bool = True) -> numpy.ndarray:
    return keras.ops.convert_to_numpy(model(ones(), training=training))


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.5, 0.999])
def test_a_share_is_dropped_and_the_rest_scaled(rate: float) -> None:
    found = run(network(rate))
    assert (found == 0).mean() == pytest.approx(rate, abs=0.006)
    numpy.testing.assert_allclose(found[found > 0], 1 / (1 - rate), rtol=0.01)
    assert found.mean() == pytest.approx(1, abs=0.1)
    dropped = found == 0
    for axis in range(4):
        together = dropped.take(range(1, found.shape[axis]), axis) & dropped.take(range(found.shape[axis] - 1), axis)
        assert together.mean() == pytest.approx(rate**2, abs=0.012), "neighbours are dropped each for itself"


def test_masks_differ_from_step_to_step_and_not_from_run_to_run() -> None:
    one, two = network(0.5), network(0.5)
    first, second = run(one), run(one)
    assert (first != second).mean() == pytest.approx(0.5, abs=0.01)
    numpy.testing.assert_array_equal(run(two), first)
    numpy.testing.assert_array_equal(run(two), second)


def test_a_run_goes_on_from_the_state_that_it_left() -> None:
    whole, again = network(0.5), network(0.5)
    run(whole)
    for variable, value in zip(again.variables, [keras.ops.convert_to_numpy(v) for v in whole.variables], strict=True):
        variable.assign(value)
    numpy.testing.assert_array_equal(run(again), run(whole))
    plain, states = network(0.5, cheaper=False), []
    run(plain), run(plain)
    for model in (plain, whole):
        states.append(keras.ops.convert_to_numpy(model.layers[1].seed_generator.state).tolist())
    assert states[0] == states[1], "it goes on as Keras' own would"


def test_gradients_flow_where_values_are_kept() -> None:
    import tensorflow

    model, inputs = network(0.25), tensorflow.constant(ones(2))
    with tensorflow.GradientTape() as tape:
        tape.watch(inputs)
        outputs = model(inputs, training=True)
        total = tensorflow.reduce_sum(outputs)
    numpy.testing.assert_allclose(tape.gradient(total, inputs), outputs)


def test_predictions_and_the_saved_file_are_those_of_keras(tmp_path: Path) -> None:
    model = network(0.5)
    numpy.testing.assert_array_equal(run(model, training=False), ones())
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again.layers[1]) is keras.layers.Dropout
    assert again.layers[1].get_config() == network(0.5, cheaper=False).layers[1].get_config() | {
        "name": again.layers[1].name
    }
    assert type(again.layers[1]).call is keras.layers.Dropout.call
    assert "call" not in vars(again.layers[1])


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_numbers_keep_their_format(policy: str) -> None:
    layer = keras.layers.Dropout(0.5, dtype=policy)
    image = keras.Input((4,))
    model = keras.Model(image, layer(image))
    draw_cheaper_masks(model)
    assert keras.backend.standardize_dtype(model(numpy.ones((3, 4)), training=True).dtype) == layer.compute_dtype


@pytest.mark.parametrize(("side", "channels"), [(96, 3), (95, 8), (64, 3), (10, 16)])
def test_a_projection_with_strides_learns_from_the_pixels_that_it_reads(side: int, channels: int) -> None:
    image = keras.Input((side, side, channels))
    model = keras.Model(image, keras.layers.Conv2D(32, 1, 2, padding="same", activation="relu", use_bias=False)(image))
    images = numpy.random.default_rng(side).random((16, side, side, channels)).astype("float32")
    plain = model.predict_on_batch(images)
    avoid_faulty_gradients(model)
    numpy.testing.assert_allclose(model.predict_on_batch(images), plain, atol=1e-5)
    model.compile("sgd", lambda targets, outputs: keras.ops.sum(outputs * targets))
    model.optimizer.learning_rate.assign(1)
    before = model.layers[1].kernel.numpy().copy()
    for _ in range(3):  # what lies beside is not noticed at once
        model.layers[1].kernel.assign(before)
        model.train_on_batch(images, numpy.ones_like(plain))
    read = images[:, ::2, ::2].reshape(-1, channels).astype(float)
    wanted = read.T @ (plain.reshape(-1, 32) > 0)
    found = before - model.layers[1].kernel.numpy()
    numpy.testing.assert_allclose(found[0, 0], wanted, rtol=1e-3, atol=1e-2)
