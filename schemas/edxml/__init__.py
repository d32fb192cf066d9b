"""The edXML codec (QCVN 102:2016/BTTTT)."""
