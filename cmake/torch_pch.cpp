// Owns nothing: the translation unit that carries the shared precompiled header.
