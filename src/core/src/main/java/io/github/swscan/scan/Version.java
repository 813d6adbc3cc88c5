package io.github.swscan.scan;

import io.github.swscan.report.Tool;

/** The program's version, as the build wrote it into the manifest of the jar. */
public final class Version {

    private Version() {}

    /** {@code development} where there is no jar. */
    public static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** The program, as reports name it. */
    public static Tool tool() {
        return new Tool("swscan", number());
    }
}
