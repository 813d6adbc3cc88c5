/** The command line: commands, and the codes they end with. */
package io.github.swscan.cli;
