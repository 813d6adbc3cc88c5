/**
 * Whether a model is what it was: manifests of its files, tensors and super weights, and what holds a model against one.
 */
package io.github.swscan.integrity;
