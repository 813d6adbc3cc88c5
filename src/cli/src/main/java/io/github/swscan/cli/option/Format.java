package io.github.swscan.cli.option;

/** What is printed. */
public enum Format {
    TABLE,
    JSON
}
