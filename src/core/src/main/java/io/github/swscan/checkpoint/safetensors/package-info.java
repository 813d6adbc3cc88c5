/** Files of safetensors: their header. */
package io.github.swscan.checkpoint.safetensors;
