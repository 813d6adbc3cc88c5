/** What a model is: records that describe its decoder blocks, and the tensors they read. Holds no arrays. */
package io.github.swscan.architecture;
