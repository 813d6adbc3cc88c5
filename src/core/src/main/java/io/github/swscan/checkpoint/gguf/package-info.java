/** Files of llama.cpp: their header, which describes tensors and model. */
package io.github.swscan.checkpoint.gguf;
