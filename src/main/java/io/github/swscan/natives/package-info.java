/** Native libraries: unpacked from their jars once, whoever starts at the same time. Knows nothing of what they do. */
package io.github.swscan.natives;
