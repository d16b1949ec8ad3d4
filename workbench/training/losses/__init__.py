"""What the networks are trained to make small: losses of CenterNet, FairMOT and CenterTrack."""
