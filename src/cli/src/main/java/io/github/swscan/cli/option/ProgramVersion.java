package io.github.swscan.cli.option;

import io.github.swscan.scan.Version;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
public final class ProgramVersion implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"swscan " + Version.number()};
    }
}
