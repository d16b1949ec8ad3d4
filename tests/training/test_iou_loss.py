import numpy as np
import torch

from tests.reference_fill import fill_state_dict, net_input
from tests.reference_golden import Golden
from workbench.models.atom import atom_resnet18
from workbench.training.iou_loss import iou_loss


def test_the_loss_of_a_training_pass_is_the_published_one():
    golden = Golden("atom_train_forward")
    network = atom_resnet18()
    network.load_state_dict(fill_state_dict(network.state_dict()))
    loss = iou_loss(
        network.train(),
        *(
            torch.from_numpy(net_input(f"atomtrain/public/{part}", 3, 3, 96, 96))
            for part in ("train", "test")
        ),
        boxes=torch.from_numpy(golden["train_anno"])[0],
        proposals=torch.from_numpy(golden["test_proposals"]),
        overlaps=(torch.from_numpy(golden["proposal_iou"]) + 1) / 2,
    )
    np.testing.assert_allclose(loss.item(), golden["loss"], **golden.about["tolerance"]["default"])
