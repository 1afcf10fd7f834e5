import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/plate.css";
import "./styles/evidence.css";
