/** Files and folders that appear whole or not at all. */
package io.github.swscan.output;
