"""What the window shows of the review: the queue, film strips, and corrections before they are made."""
