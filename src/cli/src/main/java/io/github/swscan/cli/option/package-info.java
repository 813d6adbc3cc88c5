/** The groups of options that commands share, and what they are turned into. */
package io.github.swscan.cli.option;
