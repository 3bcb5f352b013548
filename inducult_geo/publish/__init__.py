"""The release: one folder of files that leave, all made from one `Bundle`."""

from inducult_geo.publish.bundle import Bundle

__all__ = ["Bundle"]
