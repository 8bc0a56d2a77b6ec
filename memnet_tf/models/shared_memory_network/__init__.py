"""A network whose questions share one large memory, and its parts."""
