/** The layouts in which libraries store weights as codes: which tensors belong together, and what they say. */
package io.github.swscan.architecture.quantization;
