"""Write a release: one folder of files, all made from one `Bundle`."""
