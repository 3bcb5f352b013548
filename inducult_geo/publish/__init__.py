"""The release: one folder of files that leave, all made from one `Bundle`."""
