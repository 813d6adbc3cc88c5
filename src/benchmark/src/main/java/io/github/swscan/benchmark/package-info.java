/** Measures swscan against the bounds of the machine. Not part of the program; {@code scripts/benchmark} runs it. */
package io.github.swscan.benchmark;
