/** The thin layer over DJL and PyTorch: start, device, operations, precision. Holds no model. */
package io.github.swscan.engine;
