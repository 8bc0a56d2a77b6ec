"""A network whose memory is a vector index, and its parts."""
