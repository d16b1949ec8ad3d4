"""Networks of the CenterNet family on images: what goes in, what comes out, in pixels of the source image."""
