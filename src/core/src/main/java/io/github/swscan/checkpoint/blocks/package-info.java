/** The block formats of ggml: how the bytes of a block become numbers. */
package io.github.swscan.checkpoint.blocks;
