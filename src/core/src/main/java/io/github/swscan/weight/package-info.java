/**
 * Single weights: where they lie, what stands there, what is put in their place; and what looks through all of them.
 */
package io.github.swscan.weight;
