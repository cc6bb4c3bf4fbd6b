"""Pretrained weights: the architectures they belong to, and how they are downloaded, read and verified."""
