from tests.models.decoded import rows_of
from tests.reference_golden import Golden
from tests.reference_network import (
    assert_published_parameters,
    check_maps,
    filled,
    golden_input,
    without_weights,
)
from workbench.models import fairmot
from workbench.models.decoding.activation import activated
from workbench.models.decoding.fairmot import decode_mot
from workbench.models.decoding.peaks import top_peaks


def built():
    return fairmot.build(fairmot.spec())


def test_parameters_have_the_published_names_shapes_and_order():
    assert_published_parameters(without_weights(built), "fairmot_dla_34")


def test_outputs_and_detections_agree_with_the_published_network():
    golden = Golden("fairmot_dla_34")
    maps = filled(built)(golden_input(golden))
    check_maps(golden, maps)
    maps = activated(maps)
    assert top_peaks(maps["hm"], 60).cells.tolist() == golden["inds"].tolist()
    found = decode_mot(maps, 60)
    golden.check("dets", rows_of(found, ["box", "score", "class"]), rtol=1e-3, atol=1e-3)
    golden.check("id_feature", found["embedding"], rtol=1e-3, atol=1e-4)
    plain = decode_mot({"hm": maps["hm"], "wh": maps["wh"][:, :2]}, 60)
    golden.check("dets_noltrb", rows_of(plain, ["box", "score", "class"]), rtol=1e-3, atol=1e-3)
