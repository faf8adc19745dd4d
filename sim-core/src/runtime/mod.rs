//! What makes containers: `docker` and `runc`, programs in ring 3 like any other.
