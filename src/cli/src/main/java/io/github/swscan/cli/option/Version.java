package io.github.swscan.cli.option;

import picocli.CommandLine.IVersionProvider;

/** The program's version, as the build wrote it into the jar. */
public final class Version implements IVersionProvider {

    public static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"swscan " + number()};
    }
}
