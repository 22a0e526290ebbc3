"""Whether a synthesized pipeline can run: limits, quotas, costs, images, and what steps can reach.

All of it is read from a cloud assembly, and gives data.
"""
