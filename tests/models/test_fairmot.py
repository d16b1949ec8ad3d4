from tests.reference_golden import Golden
from tests.reference_network import (
    assert_published_parameters,
    check_maps,
    filled,
    golden_input,
    without_weights,
)
from workbench.models import fairmot


def built():
    return fairmot.build(fairmot.spec())


def test_parameters_have_the_published_names_shapes_and_order():
    assert_published_parameters(without_weights(built), "fairmot_dla_34")


def test_outputs_agree_with_the_published_network():
    golden = Golden("fairmot_dla_34")
    check_maps(golden, filled(built)(golden_input(golden)))
