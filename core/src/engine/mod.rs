//! (see the files of this room)
