package io.github.swscan.report;

/** The program that made a report. */
public record Tool(String name, String version) {}
