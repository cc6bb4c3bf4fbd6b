"""A diagram shows every layer of a network, from its input to its output."""

from darkroom.core.backend import keras
from darkroom.evaluation import diagram
from darkroom.evaluation.boxes import list_boxes
from tests.support.trained_folders import scratch_network, transfer_network

layers = keras.layers


def texts(network: keras.Model) -> list[str]:
    return [text.get_text() for text in diagram.draw_diagram(list_boxes(network), "title").axes[0].texts]


def test_layers_stand_in_their_order_with_shapes_and_parameters() -> None:
    network = scratch_network()
    found = list_boxes(network)
    assert [box.name for box in found] == ["image", *(layer.name for layer in network.layers)]
    assert found[0].shape == (24, 24, 3) and found[-1].shape == (4,)
    assert sum(box.parameters for box in found) == network.count_params()
    assert "Dense, softmax" in texts(network) and "MaxPooling2D, 2×2" in texts(network)
    assert "24×24×4" in texts(network)


def test_a_backbone_is_one_box_that_says_how_many_layers_it_has() -> None:
    network = transfer_network()
    backbone = network.get_layer("backbone")
    box = next(box for box in list_boxes(network) if box.name == "backbone")
    assert box.kind == f"network of {len(backbone.layers)} layers"
    assert box.parameters == backbone.count_params()
    assert not {layer.name for layer in backbone.layers} & {box.name for box in list_boxes(network)}


def test_many_layers_stand_in_columns_of_a_bounded_height_and_none_lies_on_another() -> None:
    network = keras.Sequential([layers.Input((8, 8, 1)), *(layers.Dropout(0.1) for _ in range(40))])
    figure = diagram.draw_diagram(list_boxes(network), "title")
    boxes = [patch for patch in figure.axes[0].patches if hasattr(patch, "get_boxstyle")]
    places = {(round(box.get_x(), 6), round(box.get_y(), 6)) for box in boxes}
    assert len(places) == 41
    assert len({x for x, _ in places}) == 3
    assert figure.get_size_inches()[1] < 13
