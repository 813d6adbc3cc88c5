/** Native libraries: unpacked from their jars once, whoever starts at the same time, and loaded only as they were unpacked, from where nobody else writes. Knows nothing of what they do. */
package io.github.swscan.natives;
